-- What an account chooses about how its mail is shown. The release before this one runs on.

ALTER TABLE accounts ADD COLUMN density TEXT NOT NULL DEFAULT '' CHECK (density IN ('', 'compact'));
-- rows of a list before the next page
ALTER TABLE accounts ADD COLUMN page_size INTEGER NOT NULL DEFAULT 50;
-- of mail from people nobody decided about: ask each time, or show them and be seen opening
ALTER TABLE accounts ADD COLUMN remote_images TEXT NOT NULL DEFAULT 'ask' CHECK (remote_images IN ('ask', 'show'));
