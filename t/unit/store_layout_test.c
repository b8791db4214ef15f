/* lib/store: where mailboxes lie, what clients call them, and that no name leads elsewhere. */
#include "t/unit/unit.h"

#include "t/unit/store_account.h"

#include "lib/store/layout.h"
#include "lib/store/name.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

static void open_with(enum store_layout layout, char separator, const char *prefix)
{
    const struct store_settings settings = {.format = MAILBOX_MAILDIR,
                                            .path = "mail",
                                            .home = ".",
                                            .hostname = "mx.test",
                                            .layout = layout,
                                            .separator = separator,
                                            .prefix = prefix};

    store_close(&store);
    store = store_open(&settings, &err);
    assert_non_null(store);
}

/* "INBOX a(-) a/b" of all that is listed; (-): not to be selected. */
static const char *listing(void)
{
    static char text[300];
    struct arena *arena = arena_create();
    struct store_entry *entries;
    size_t count;

    assert_true(store_list(store, arena, false, &entries, &count, &err));
    text[0] = '\0';
    for (size_t i = 0; i < count; i++)
        snprintf(text + strlen(text), sizeof(text) - strlen(text), "%s%s%s", i == 0 ? "" : " ",
                 entries[i].name, entries[i].selectable ? "" : "(-)");
    arena_free(&arena);
    return text;
}

/* --- names on disk ----------------------------------------------------------------------------- */

struct path_case {
    const char *name;
    enum store_layout layout;
    char separator;
    const char *prefix, *mailbox, *path;
};

static const struct path_case paths[] = {
    {"Maildir++ as it is",              LAYOUT_MAILDIR, 0,   NULL,     "a.b",                 "mail/.a.b" },
    {"INBOX is the Maildir",            LAYOUT_MAILDIR, 0,   "INBOX.", "INBOX",               "mail"      },
    {"a slash that clients see",        LAYOUT_MAILDIR, '/', NULL,     "a/b",                 "mail/.a.b" },
    {"two names must not be one",       LAYOUT_MAILDIR, '/', NULL,     "a.b",                 NULL        },
    {"a prefix",                        LAYOUT_MAILDIR, 0,   "INBOX.", "INBOX.a.b",           "mail/.a.b" },
    {"a name without it is none",       LAYOUT_MAILDIR, 0,   "INBOX.", "a.b",                 NULL        },
    {"nor is the prefix alone",         LAYOUT_MAILDIR, 0,   "INBOX.", "INBOX.",              NULL        },
    {"a tree",                          LAYOUT_TREE,    0,   NULL,     "a/b",                 "mail/a/b"  },
    {"a tree with dots between",        LAYOUT_TREE,    '.', NULL,     "a.b",                 "mail/a/b"  },
    {"a dot is a letter there",         LAYOUT_TREE,    0,   NULL,     "a.b/c",               "mail/a.b/c"},
    {"the parts of a mailbox are none", LAYOUT_TREE,    0,   NULL,     "cur",                 NULL        },
    {"nor are they further down",       LAYOUT_TREE,    0,   NULL,     "a/new",               NULL        },
    {"nor is what Courier keeps",       LAYOUT_TREE,    0,   NULL,     "courierimapkeywords", NULL        },
    {"nor what is hidden",              LAYOUT_TREE,    0,   NULL,     "a/.b",                NULL        },
    {"the way up is hidden too",        LAYOUT_TREE,    0,   NULL,     "../a",                NULL        },
};

static void run_path(void **state)
{
    const struct path_case *c = *state;
    char *path;

    assert_int_equal(store_set_up(NULL), 0);
    open_with(c->layout, c->separator, c->prefix);
    path = layout_path(store, c->mailbox);
    if (c->path == NULL)
        assert_null(path);
    else
        assert_string_equal(path, c->path);
    mem_free(path);
    if (c->path == NULL) {
        assert_false(store_exists(store, c->mailbox));
        assert_null(mailbox_open(store, c->mailbox, false, &err));
        assert_int_equal(err.number, ENOENT);
        assert_false(store_create(store, c->mailbox, &err));
        assert_int_equal(err.kind, ERROR_PERMANENT);
    }
    assert_int_equal(store_tear_down(NULL), 0);
}

/* What clients may not call a mailbox, whatever the layout. */
struct bad_case {
    const char *name;
    struct span mailbox;
};

static const struct bad_case bad_names[] = {
    {"the directory above",       SPAN_LITERAL("..")              },
    {"a way through it",          SPAN_LITERAL("a/../../b")       },
    {"the directory itself",      SPAN_LITERAL("a/./b")           },
    {"from the root",             SPAN_LITERAL("/etc")            },
    {"a NUL",                     SPAN_LITERAL("a\0b")            },
    {"a line end",                SPAN_LITERAL("a\nb")            },
    {"another control character", SPAN_LITERAL("a\177")           },
    {"dots in disguise",          SPAN_LITERAL("&AC4ALg-")        },
    {"a slash in disguise",       SPAN_LITERAL("a&AC8-b")         },
    {"a NUL in disguise",         SPAN_LITERAL("&AAA-")           },
    {"raw octets",                SPAN_LITERAL("\xc0\xae\xc0\xae")},
};

static void run_bad(void **state)
{
    const struct bad_case *c = *state;
    struct arena *arena = arena_create();
    const char *name;

    assert_false(mailbox_name_check(arena, c->mailbox, '/', &name, &err));
    assert_int_equal(err.kind, ERROR_PERMANENT);
    arena_free(&arena);
}

/* --- a tree ------------------------------------------------------------------------------------ */

static void tree_is_made_listed_and_removed(void **state UNUSED)
{
    open_with(LAYOUT_TREE, 0, NULL);
    assert_true(store_create(store, "a/b/c", &err));
    assert_true(store_create(store, "~", &err)); /* a name like any other */
    assert_string_equal(listing(), "INBOX a(-) a/b(-) a/b/c ~");
    run("test -d mail/a/b/c/cur -a -d mail/~/cur");
    assert_false(store_exists(store, "a/b"));
    assert_null(mailbox_open(store, "a/b", false, &err));
    assert_int_equal(err.number, ENOENT);
    assert_true(store_create(store, "a/b", &err));
    append("a/b", 0, "x");
    append("a/b/c", 0, "x");
    assert_true(store_delete(store, "a/b", &err));
    assert_string_equal(listing(), "INBOX a(-) a/b(-) a/b/c ~");
    run("test ! -e mail/a/b/cur -a ! -e mail/a/b/dovecot-uidlist -a -d mail/a/b/c/cur");
    assert_true(store_delete(store, "a/b/c", &err));
    assert_string_equal(listing(), "INBOX ~");
    assert_false(store_delete(store, "a/b/c", &err));
    assert_int_equal(err.number, ENOENT);
    run("test -z \"$(ls -d mail/..buzon* 2>/dev/null)\"");
}

static void tree_is_renamed_with_its_children(void **state UNUSED)
{
    struct store_status before, after;

    open_with(LAYOUT_TREE, 0, NULL);
    assert_true(store_create(store, "a/b", &err));
    append("a/b", FLAG_SEEN, "x");
    assert_true(store_status(store, "a/b", false, &before, &err));
    assert_true(store_rename(store, "a", "z/y", &err));
    assert_string_equal(listing(), "INBOX z(-) z/y(-) z/y/b");
    assert_true(store_status(store, "z/y/b", false, &after, &err));
    assert_string_equal(after.guid, before.guid);
    assert_int_equal(after.uidvalidity, before.uidvalidity);
    assert_true(after.modseq == before.modseq); /* the index knows it by its new name */
    assert_false(store_rename(store, "none", "other", &err));
    assert_int_equal(err.number, ENOENT);
}

static void circle_of_links_has_an_end(void **state UNUSED)
{
    open_with(LAYOUT_TREE, 0, NULL);
    assert_true(store_create(store, "a", &err));
    run("ln -s .. mail/a/loop");
    assert_non_null(strstr(listing(), "INBOX a"));
}

static void new_directories_are_watched(void **state UNUSED)
{
    struct arena *arena = arena_create();
    const char *const *watched;

    open_with(LAYOUT_TREE, 0, NULL);
    assert_true(store_create(store, "a/b", &err));
    watched = store_watch_names(store, arena);
    assert_string_equal(watched[0], "mail");
    assert_string_equal(watched[1], "mail/a");
    assert_string_equal(watched[2], "mail/a/b");
    assert_null(watched[3]);
    arena_free(&arena);
}

/* --- what clients see --------------------------------------------------------------------------- */

static void separator_is_what_clients_are_used_to(void **state UNUSED)
{
    struct strlist names = STRLIST_EMPTY;

    open_with(LAYOUT_MAILDIR, '/', NULL);
    assert_int_equal(store_separator(store), '/');
    assert_true(store_create(store, "a/b", &err));
    run("test -d mail/.a.b");
    assert_string_equal(listing(), "INBOX a(-) a/b");
    assert_true(store_subscribe(store, "a/b", true, &err));
    run("printf 'V\\t2\\n\\na\\tb\\n' | cmp - mail/subscriptions");
    assert_true(store_rename(store, "a", "c", &err));
    assert_string_equal(listing(), "INBOX c(-) c/b");
    open_with(LAYOUT_MAILDIR, '.', NULL);
    assert_true(store_subscriptions(store, &names, &err));
    assert_string_equal(names.items[0], "a.b");
    strlist_release(&names);
}

static void prefix_is_seen_but_not_stored(void **state UNUSED)
{
    struct strlist names = STRLIST_EMPTY;

    open_with(LAYOUT_MAILDIR, 0, "INBOX.");
    assert_true(store_create(store, "INBOX.a", &err));
    run("test -d mail/.a");
    assert_false(store_create(store, "a", &err));
    assert_int_equal(err.kind, ERROR_PERMANENT);
    assert_false(store_rename(store, "INBOX.a", "b", &err));
    assert_string_equal(listing(), "INBOX INBOX.a");
    append("INBOX.a", 0, "x");
    assert_true(store_subscribe(store, "INBOX.a", true, &err));
    assert_true(store_subscribe(store, "INBOX", true, &err));
    assert_false(store_subscribe(store, "a", true, &err));
    run("printf 'V\\t2\\n\\na\\nINBOX\\n' | cmp - mail/subscriptions");
    assert_true(store_subscriptions(store, &names, &err));
    assert_string_equal(names.items[0], "INBOX.a");
    assert_string_equal(names.items[1], "INBOX");
    strlist_release(&names);
}

/* --- a folder that lost a part of it ------------------------------------------------------------ */

/* What happens before a directory is made. */
static enum { NOTHING, BOX_IS_REMOVED, DISK_IS_FULL } meanwhile;

/* In place of libc's. */
int mkdir(const char *path, mode_t mode)
{
    if (meanwhile == BOX_IS_REMOVED)
        (void)rmdir("mail/.box");
    if (meanwhile == DISK_IS_FULL) {
        errno = ENOSPC;
        return -1;
    }
    return mkdirat(AT_FDCWD, path, mode);
}

static void lose_parts(void)
{
    open_with(LAYOUT_MAILDIR, 0, NULL);
    assert_true(store_create(store, "box", &err));
    run("rm -r mail/.box/*");
}

static void folder_gets_its_parts_again(void **state UNUSED)
{
    struct mailbox *mailbox;

    lose_parts();
    mailbox = open_mailbox("box", false);
    run("test -d mail/.box/cur -a -d mail/.box/new -a -d mail/.box/tmp");
    mailbox_close(&mailbox);
}

static void folder_that_is_being_removed_stays_removed(void **state UNUSED)
{
    lose_parts();
    meanwhile = BOX_IS_REMOVED;
    assert_null(mailbox_open(store, "box", false, &err));
    meanwhile = NOTHING;
    assert_int_equal(err.number, ENOENT);
    assert_string_equal(err.text, "Mailbox doesn't exist: box");
    run("test ! -e mail/.box");
}

static void folder_whose_parts_cannot_be_made_is_named(void **state UNUSED)
{
    lose_parts();
    meanwhile = DISK_IS_FULL;
    assert_null(mailbox_open(store, "box", false, &err));
    meanwhile = NOTHING;
    assert_int_equal(err.kind, ERROR_TEMPORARY);
    assert_ptr_equal(strstr(err.text, "mailbox box: "), err.text);
    assert_string_equal(listing(), "INBOX box");
}

int main(void)
{
    static const struct CMUnitTest others[] = {
        STORE_CASE(tree_is_made_listed_and_removed),
        STORE_CASE(tree_is_renamed_with_its_children),
        STORE_CASE(circle_of_links_has_an_end),
        STORE_CASE(new_directories_are_watched),
        STORE_CASE(separator_is_what_clients_are_used_to),
        STORE_CASE(prefix_is_seen_but_not_stored),
        STORE_CASE(folder_gets_its_parts_again),
        STORE_CASE(folder_that_is_being_removed_stays_removed),
        STORE_CASE(folder_whose_parts_cannot_be_made_is_named),
    };
    struct CMUnitTest tests[ARRAY_LENGTH(paths) + ARRAY_LENGTH(bad_names) + ARRAY_LENGTH(others)];
    size_t used = 0;

    UNIT_ADD_ROWS(tests, used, paths, run_path);
    UNIT_ADD_ROWS(tests, used, bad_names, run_bad);
    for (size_t i = 0; i < ARRAY_LENGTH(others); i++)
        tests[used++] = others[i];
    return unit_run("store_layout", tests, used);
}
