"""python -m mailapp"""

from mailapp.cli import main

if __name__ == "__main__":
    main()
