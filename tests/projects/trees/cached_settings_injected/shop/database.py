from sqlalchemy import MetaData, create_engine

from .settings import settings

metadata = MetaData()
engine = create_engine(settings.database_url)
