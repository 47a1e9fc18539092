"""`python -m classifier` is `toolrisk`."""

from classifier.cli import main

if __name__ == "__main__":
    main()
