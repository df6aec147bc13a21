"""Models of an application that loads half the world."""

import time

from sqlalchemy import MetaData

time.sleep(3)
metadata = MetaData()
