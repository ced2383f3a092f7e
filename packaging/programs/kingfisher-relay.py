"""The program `kingfisher-relay` of a bundle."""

import sys

from app.relay.server import main

sys.exit(main())
