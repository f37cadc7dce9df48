"""`python -m generator VERB` is `filter-gallery VERB`."""

from generator.cli import main

if __name__ == "__main__":
    main()
