"""What is talked to: real SQLite, PostgreSQL and MariaDB."""
