"""``python -m nerbridge``: the same as the ``nerbridge`` command."""

from nerbridge.cli.app import main

if __name__ == "__main__":
    main()
