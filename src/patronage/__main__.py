"""`python -m patronage` is the command `patronage`."""

from patronage.cli import main

if __name__ == "__main__":
    main()
