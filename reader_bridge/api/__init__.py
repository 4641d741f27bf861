"""What partner systems read: attendance, rosters and structures of their prime contractor's sites."""
