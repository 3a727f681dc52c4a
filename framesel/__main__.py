"""`python -m framesel`."""

from framesel.cli import main

if __name__ == "__main__":
    main()
