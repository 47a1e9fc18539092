"""What every test stands on."""

import signal
import threading

# A shell that starts a job in the background lets it ignore Ctrl-C, and so do all its children: the
# programs that tests start would inherit that, and never stop when they are asked to.
if threading.current_thread() is threading.main_thread():
    signal.signal(signal.SIGINT, signal.default_int_handler)
