-- The pages of the conversation list beside the plain newest-first one.
CREATE INDEX conversation_pinned ON conversation (last_at DESC, id DESC) WHERE pinned = 1;
CREATE INDEX conversation_trash ON conversation (last_at DESC, id DESC) WHERE trashed_at IS NOT NULL;
-- The search index is compared with the titles after each change.
CREATE INDEX conversation_title ON conversation (id, title);
