"""`python -m rms_console` is `rms-console`."""

from rms_console.cli import main

if __name__ == "__main__":
    main()
