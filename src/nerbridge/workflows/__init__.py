"""What a command does, callable from Python: typed arguments in, a typed result out.

Nothing here prints or exits. Who wants to know how far the work has come hands in a listener
(`nerbridge.workflows.progress`); ``listen=print`` is one.
"""
