/*
 * The table "passwd-quota:/path": what userdb_quota_rule says in a passwd-file (buzon-passwd-file(5)), so that deliveries
 * know it, too. Nothing else of that file can be asked for, and passwords are not kept.
 */
#include "lib/base/base.h"

#include "lib/map/map_type.h"

#include "lib/base/file.h"
#include "lib/base/hash.h"
#include "lib/map/map_fold.h"

#include <fcntl.h>
#include <string.h>

#define FILE_MAX (256U * 1024 * 1024)
#define KEY_MAX  1024
#define FIELDS_BEFORE                                                                              \
    6 /* between the name and the extra fields: password, uid, gid, gecos, home, shell */
#define RULE "userdb_quota_rule="

struct passwd_quota {
    struct hash *rules; /* of const char *, in the arena */
    struct arena *arena;
    struct buf folded;
    bool utf8;
    struct map_stamp stamp;
};

static void close_table(void *opened)
{
    struct passwd_quota *table = opened;

    hash_free(&table->rules, NULL);
    arena_free(&table->arena);
    buf_release(&table->folded);
    fd_close(&table->stamp.fd);
    mem_free(table);
}

/* data NULL: the line has none */
static struct span rule_of(struct span fields)
{
    struct span rule = SPAN_EMPTY;

    for (unsigned i = 0; i < FIELDS_BEFORE; i++)
        (void)span_take_until(&fields, ':');
    while (fields.len > 0) {
        struct span word = span_take_word(&fields);
        if (span_starts_with(word, RULE))
            rule = span_skip(word, strlen(RULE));
    }
    return rule;
}

/* Of two lines with one name the last one counts, as for auth. */
static void add_line(struct passwd_quota *table, struct span line)
{
    struct span name = span_take_until(&line, ':'), rule = rule_of(line);

    if (name.len == 0 || name.data[0] == '#' || !map_fold(name, table->utf8, &table->folded))
        return;
    if (rule.len > 0)
        (void)hash_put(table->rules, buf_span(&table->folded), arena_text(table->arena, rule));
    else
        (void)hash_remove(table->rules, buf_span(&table->folded));
}

static bool read_rules(struct passwd_quota *table, const char *path, struct error *err)
{
    struct buf content = BUF(FILE_MAX);
    bool done = file_read(AT_FDCWD, path, &content, err);

    for (struct span rest = buf_span(&content); done && rest.len > 0;) {
        struct span line = span_take_until(&rest, '\n');
        if (memchr(line.data, '\0', line.len) == NULL)
            add_line(table, line);
    }
    if (content.data != NULL)
        explicit_bzero(content.data, content.capacity);
    buf_release(&content);
    return done;
}

static void *open_table(const struct config *config, const char *name, struct error *err)
{
    struct passwd_quota *table = mem_new(struct passwd_quota);

    table->rules = hash_create();
    table->arena = arena_create();
    table->folded = BUF(KEY_MAX);
    table->utf8 = config->smtputf8_enable;
    table->stamp = MAP_STAMP_NONE;
    if (map_stamp_open_database(&table->stamp, name, err) && read_rules(table, name, err))
        return table;
    close_table(table);
    return NULL;
}

static enum map_result lookup(void *opened, struct span key, int flags UNUSED, struct buf *value_r,
                              struct error *err)
{
    const struct passwd_quota *table = opened;
    const char *rule = hash_get(table->rules, key);

    return rule == NULL ? MAP_ABSENT : map_answer(span_text(rule), value_r, err);
}

static bool changed(const void *opened)
{
    const struct passwd_quota *table = opened;

    return map_stamp_changed(&table->stamp);
}

const struct map_type map_type_passwd_quota = {
    .name = "passwd-quota",
    .traits = MAP_FILES,
    .suffix = "",
    .open = open_table,
    .lookup = lookup,
    .changed = changed,
    .close = close_table,
};
