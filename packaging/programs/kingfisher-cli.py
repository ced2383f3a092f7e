"""The program `kingfisher-cli` of a bundle, and the process in which a bundle decodes a picture."""

import sys

if sys.argv[1:] == ["--decode-picture"]:  # as app.media.decoder says it
    from app.media.worker import main
else:
    from app.cli import main

sys.exit(main())
