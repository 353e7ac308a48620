"""`python -m regtest`."""

from regtest.cli import main

if __name__ == "__main__":
    main()
