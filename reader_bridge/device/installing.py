"""The texts that make the program start with the machine: a systemd unit, or a task of Windows. Pure."""

import shlex
from pathlib import Path

UNIT_PATH = Path("/etc/systemd/system/genba-reader.service")
TASK = "GenbaReader"
WATCHDOG_S = 90  # nine looks of health.watch()


def systemd_unit(program: str, folder: Path, arguments: tuple[str, ...]) -> str:
    """Return the unit; it may write nothing but its folder. A program that does not say for WATCHDOG_S that it lives is
    started again.
    """
    command = shlex.join((program, "--folder", str(folder), "launch", *arguments)).replace("%", "%%")
    return f"""[Unit]
Description=Genba Call: the reader at the gate
After=pcscd.socket network.target
Wants=pcscd.socket

[Service]
Type=notify
NotifyAccess=all
WatchdogSec={WATCHDOG_S}
ExecStart={command}
KillMode=mixed
TimeoutStopSec=40
Restart=always
RestartSec=2
UMask=0077
ProtectSystem=strict
ProtectHome=read-only
ReadWritePaths={folder}
PrivateTmp=yes
NoNewPrivileges=yes

[Install]
WantedBy=multi-user.target
"""


def windows_task(program: str, folder: Path, arguments: tuple[str, ...]) -> str:
    """Return a PowerShell script, to be run once as administrator."""
    parts = ("--folder", str(folder), "launch", *arguments)
    said = " ".join(f'"{part}"' if " " in part else part for part in parts)
    return f"""# Run once as administrator. The folder holds numbers of cards, so it is closed to everybody else.
$ErrorActionPreference = 'Stop'
$folder = {_quoted(str(folder))}
New-Item -ItemType Directory -Force -Path $folder | Out-Null
icacls $folder /inheritance:r /grant:r '*S-1-5-18:(OI)(CI)F' '*S-1-5-32-544:(OI)(CI)F' | Out-Null
$action = New-ScheduledTaskAction -Execute {_quoted(program)} -Argument {_quoted(said)}
$trigger = New-ScheduledTaskTrigger -AtStartup
$principal = New-ScheduledTaskPrincipal -UserId 'S-1-5-18' -RunLevel Highest
$settings = New-ScheduledTaskSettingsSet -RestartCount 999 -RestartInterval (New-TimeSpan -Minutes 1) `
    -ExecutionTimeLimit ([TimeSpan]::Zero) -AllowStartIfOnBatteries -DontStopIfGoingOnBatteries
Register-ScheduledTask -TaskName '{TASK}' -Action $action -Trigger $trigger -Principal $principal `
    -Settings $settings -Force | Out-Null
Start-ScheduledTask -TaskName '{TASK}'
"""


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
