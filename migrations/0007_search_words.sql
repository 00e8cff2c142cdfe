-- The words the full text knows, one row per place they stand at: beginnings of words are looked up in it.
CREATE VIRTUAL TABLE search_words USING fts5vocab (search, 'instance');
