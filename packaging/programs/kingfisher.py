"""The program `kingfisher` of a bundle."""

import sys

from app.__main__ import main

sys.exit(main())
