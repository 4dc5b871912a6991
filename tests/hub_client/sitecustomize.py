"""Processes that use the hub's clients do not wait before they ask a hub again that is gone.

Their library tries for half a minute, with longer and longer pauses, and has no setting for it.
"""

import time

# pytest imports this file too, to look for doctests: there, nothing may change.
if __name__ == "sitecustomize":
    _sleep = time.sleep
    time.sleep = lambda seconds: _sleep(seconds if seconds < 1 else 0)
