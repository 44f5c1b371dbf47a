"""Runs a command in a pseudo-terminal: COLUMNS COMMAND [ARGUMENT...].

Standard input is what is typed, standard output is all that the terminal shows, the exit code is the command's.
"""

import fcntl
import os
import pty
import select
import struct
import sys
import termios

columns, command = int(sys.argv[1]), sys.argv[2:]
child, screen = pty.fork()
if child == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    os.execvp(command[0], command)
typists = [0]
while True:
    ready, _, _ = select.select([screen, *typists], [], [])
    if 0 in ready:
        typed = os.read(0, 4096)
        if typed:
            os.write(screen, typed)
        else:
            typists.clear()
    if screen in ready:
        try:
            shown = os.read(screen, 4096)
        except OSError:
            break
        if not shown:
            break
        os.write(1, shown)
_, status = os.waitpid(child, 0)
sys.exit(os.waitstatus_to_exitcode(status) % 256)
