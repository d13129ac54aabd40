-- Titles for the search box, filled in the background: a title typed now is
-- found a moment later, and writing a conversation stays one small transaction.
-- Rows are found by three letters anywhere in a word, accents aside.
CREATE TABLE indexed_title (
    n               INTEGER PRIMARY KEY,
    conversation_id TEXT NOT NULL UNIQUE,
    title           TEXT NOT NULL
);
CREATE VIRTUAL TABLE title_search USING fts5 (
    title, content = 'indexed_title', content_rowid = 'n', tokenize = 'trigram remove_diacritics 1'
);
CREATE TRIGGER indexed_title_added AFTER INSERT ON indexed_title BEGIN
    INSERT INTO title_search (rowid, title) VALUES (new.n, new.title);
END;
CREATE TRIGGER indexed_title_gone AFTER DELETE ON indexed_title BEGIN
    INSERT INTO title_search (title_search, rowid, title) VALUES ('delete', old.n, old.title);
END;
CREATE TRIGGER indexed_title_changed AFTER UPDATE ON indexed_title BEGIN
    INSERT INTO title_search (title_search, rowid, title) VALUES ('delete', old.n, old.title);
    INSERT INTO title_search (rowid, title) VALUES (new.n, new.title);
END;
