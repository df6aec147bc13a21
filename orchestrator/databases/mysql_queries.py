"""What MySQL and MariaDB are asked, as SQL for PyMySQL. Only system tables are named."""

from __future__ import annotations

# One statement sees one moment: only therefore is the difference, the server's start, the same at every question.
FACTS = """
SELECT VARIABLE_NAME, VARIABLE_VALUE FROM {schema}.global_variables
WHERE VARIABLE_NAME IN ('hostname', 'port', 'datadir', 'server_uuid', 'server_uid')
UNION ALL
SELECT 'STARTED', CAST(UNIX_TIMESTAMP() - VARIABLE_VALUE AS CHAR) FROM {schema}.global_status
WHERE VARIABLE_NAME = 'Uptime'
UNION ALL
SELECT 'DATABASE', DATABASE()
"""

POPULATED = """
SELECT 1 FROM information_schema.TABLES
WHERE TABLE_SCHEMA = %(schema)s AND TABLE_TYPE IN ('BASE TABLE', 'SYSTEM VERSIONED') LIMIT 1
"""

# Joined, not asked row by row: MariaDB opens every table for each question to information_schema, and 117 of them
# took five seconds instead of a twentieth of one. A check may have the name of another table's.
DEFINITIONS = """
SELECT CONCAT(CASE TABLE_TYPE WHEN 'VIEW' THEN 'view ' WHEN 'SEQUENCE' THEN 'sequence ' ELSE 'table ' END,
              TABLE_NAME),
       CONCAT_WS(' ', TABLE_TYPE, ENGINE, TABLE_COLLATION, TABLE_COMMENT, VIEW_DEFINITION, CHECK_OPTION,
                 SECURITY_TYPE)
  FROM information_schema.TABLES LEFT JOIN information_schema.VIEWS USING (TABLE_SCHEMA, TABLE_NAME)
 WHERE TABLE_SCHEMA = %(schema)s
UNION ALL
SELECT CONCAT('column ', TABLE_NAME, '.', COLUMN_NAME),
       CONCAT_WS(' ', COLUMN_TYPE, IS_NULLABLE, COALESCE(COLUMN_DEFAULT, 'no default'), EXTRA, COLLATION_NAME,
                 GENERATION_EXPRESSION, COLUMN_COMMENT)
  FROM information_schema.COLUMNS WHERE TABLE_SCHEMA = %(schema)s
UNION ALL
SELECT CONCAT('index ', TABLE_NAME, '.', INDEX_NAME),
       GROUP_CONCAT(CONCAT_WS(' ', NON_UNIQUE, INDEX_TYPE, COLUMN_NAME, SUB_PART, COLLATION) ORDER BY SEQ_IN_INDEX)
  FROM information_schema.STATISTICS WHERE TABLE_SCHEMA = %(schema)s GROUP BY TABLE_NAME, INDEX_NAME
UNION ALL
SELECT CONCAT('constraint ', t.TABLE_NAME, '.', t.CONSTRAINT_NAME),
       CONCAT_WS(' ', t.CONSTRAINT_TYPE, r.UPDATE_RULE, r.DELETE_RULE, r.REFERENCED_TABLE_NAME, k.PARTS, c.CLAUSES)
  FROM information_schema.TABLE_CONSTRAINTS AS t
  LEFT JOIN information_schema.REFERENTIAL_CONSTRAINTS AS r
    ON r.CONSTRAINT_SCHEMA = %(schema)s AND r.TABLE_NAME = t.TABLE_NAME AND r.CONSTRAINT_NAME = t.CONSTRAINT_NAME
  LEFT JOIN (SELECT TABLE_NAME, CONSTRAINT_NAME,
                    GROUP_CONCAT(CONCAT_WS(' ', COLUMN_NAME, REFERENCED_COLUMN_NAME)
                                 ORDER BY ORDINAL_POSITION) AS PARTS
               FROM information_schema.KEY_COLUMN_USAGE
              WHERE TABLE_SCHEMA = %(schema)s AND CONSTRAINT_SCHEMA = %(schema)s
              GROUP BY TABLE_NAME, CONSTRAINT_NAME) AS k
    ON k.TABLE_NAME = t.TABLE_NAME AND k.CONSTRAINT_NAME = t.CONSTRAINT_NAME
  LEFT JOIN (SELECT CONSTRAINT_NAME, GROUP_CONCAT(CHECK_CLAUSE ORDER BY CHECK_CLAUSE) AS CLAUSES
               FROM information_schema.CHECK_CONSTRAINTS WHERE CONSTRAINT_SCHEMA = %(schema)s
              GROUP BY CONSTRAINT_NAME) AS c ON c.CONSTRAINT_NAME = t.CONSTRAINT_NAME
 WHERE t.TABLE_SCHEMA = %(schema)s
UNION ALL
SELECT CONCAT('trigger ', EVENT_OBJECT_TABLE, '.', TRIGGER_NAME),
       CONCAT_WS(' ', ACTION_TIMING, EVENT_MANIPULATION, ACTION_STATEMENT)
  FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = %(schema)s
UNION ALL
SELECT CONCAT(LOWER(ROUTINE_TYPE), ' ', ROUTINE_NAME), CONCAT_WS(' ', DTD_IDENTIFIER, ROUTINE_DEFINITION)
  FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = %(schema)s
"""
