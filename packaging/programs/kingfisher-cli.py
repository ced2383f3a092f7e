"""The program `kingfisher-cli` of a bundle."""

import sys

from app.cli import main

sys.exit(main())
