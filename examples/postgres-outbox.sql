-- Changes of a table, in order, for postgres-relay.ts. The trigger runs in the transaction of the change: both are there, or neither.
CREATE TABLE search_outbox (
  position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  article text NOT NULL
);

CREATE FUNCTION articles_to_outbox() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP <> 'INSERT' THEN
    INSERT INTO search_outbox (article) VALUES (OLD.id);
  END IF;
  IF TG_OP <> 'DELETE' THEN
    INSERT INTO search_outbox (article) VALUES (NEW.id);
  END IF;
  RETURN NULL;
END $$;

CREATE TRIGGER articles_outbox AFTER INSERT OR UPDATE OR DELETE ON articles
FOR EACH ROW EXECUTE FUNCTION articles_to_outbox();

-- What is there already.
INSERT INTO search_outbox (article) SELECT id FROM articles;
