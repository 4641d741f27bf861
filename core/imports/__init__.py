"""Lists from CSV and Excel: read, previewed row by row, written, and undone. What they write is the registry's."""
