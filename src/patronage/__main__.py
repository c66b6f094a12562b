"""`python -m patronage` is the command `patronage`."""

from patronage.start import main

if __name__ == "__main__":
    main()
