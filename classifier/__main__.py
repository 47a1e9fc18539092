"""`python -m classifier` is `toolrisk`."""

from classifier.start import main

if __name__ == "__main__":
    main()
