/* The file `subscriptions`. */
#include "lib/base/base.h"

#include "lib/store/subscriptions.h"

#include "lib/base/file.h"
#include "lib/base/hash.h"
#include "lib/store/control.h"
#include "lib/store/courier.h"
#include "lib/store/dotlock.h"
#include "lib/store/name.h"

#include <fcntl.h>
#include <unistd.h>

#define FILE_NAME "subscriptions"
#define FILE_MAX  (4 * 1024 * 1024)

static const char version_2[] = "V\t2\n\n";

/* In a component "\001" and a letter stand for NUL, \001, TAB, CR and LF. None of them is allowed in
 * a name of ours, so such a line is kept out. A separator in a component would be another name. */
static bool join_components(struct span line, char separator, struct buf *name)
{
    for (size_t i = 0; i < line.len; i++) {
        char c = line.data[i];
        if (c == '\001' || c == separator || !buf_append_char(name, c == '\t' ? separator : c))
            return false;
    }
    return true;
}

/* Names as they are collected: files may be long, and repeat themselves. */
struct collection {
    struct strlist *names;
    struct hash *known; /* the same */
    struct arena *arena;
    char separator;
};

static struct collection begin(struct strlist *names, char separator)
{
    return (struct collection){names, hash_create(), arena_create(), separator};
}

static void end(struct collection *collection)
{
    hash_free(&collection->known, NULL);
    arena_free(&collection->arena);
}

static void add_name(struct collection *to, struct span name)
{
    const char *checked;

    arena_reset(to->arena);
    if (mailbox_name_check(to->arena, name, to->separator, &checked, NULL) &&
        hash_put(to->known, span_text(checked), to) == NULL)
        strlist_add(to->names, checked);
}

void subscriptions_parse(struct span text, char separator, struct strlist *names)
{
    bool components = span_starts_with(text, version_2);
    struct collection collection = begin(names, separator);

    if (components)
        text = span_skip(text, strlen(version_2));
    while (text.len > 0) {
        struct span line = span_take_until(&text, '\n');
        struct buf name = BUF(MAILBOX_NAME_MAX);

        if (!components)
            add_name(&collection, line);
        else if (join_components(line, separator, &name))
            add_name(&collection, buf_span(&name));
        buf_release(&name);
    }
    end(&collection);
}

static void put_name(struct buf *text, const char *name, char separator)
{
    for (; *name != '\0'; name++)
        buf_put_char(text, *name == separator ? '\t' : *name);
    buf_put_char(text, '\n');
}

/* What Courier had becomes a file of ours, for whoever comes after us; not in the place of one that another
 * session wrote meanwhile. Else it is read again the next time. */
static void keep_names(int directory, char separator, const struct strlist *names)
{
    static const char temporary[] = FILE_NAME ".courier";
    struct buf text = BUF(BUF_UNLIMITED);
    int fd =
        openat(directory, temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);

    buf_put_text(&text, version_2);
    for (size_t i = 0; i < names->count; i++)
        put_name(&text, names->items[i], separator);
    if (fd >= 0 && write_all(fd, buf_span(&text)) && fsync(fd) == 0)
        (void)!linkat(directory, temporary, directory, FILE_NAME, 0);
    (void)unlinkat(directory, temporary, 0);
    fd_close(&fd);
    buf_release(&text);
}

/* Until there is a file of ours. */
static bool read_courier(int directory, char separator, struct strlist *names, struct error *err)
{
    struct buf text = BUF(FILE_MAX);
    struct strlist theirs = STRLIST_EMPTY;
    struct collection collection = begin(names, separator);
    bool found, done = control_read(directory, "courierimapsubscribed", &text, &found, err);

    if (done && found) {
        courier_parse_subscriptions(buf_span(&text), &theirs);
        for (size_t i = 0; i < theirs.count; i++)
            add_name(&collection, span_text(theirs.items[i]));
        keep_names(directory, separator, names);
    }
    end(&collection);
    strlist_release(&theirs);
    buf_release(&text);
    return done;
}

bool subscriptions_read(int directory, char separator, struct strlist *names, struct error *err)
{
    struct buf text = BUF(FILE_MAX);
    bool found, done = control_read(directory, FILE_NAME, &text, &found, err);

    if (done && found)
        subscriptions_parse(buf_span(&text), separator, names);
    else if (done)
        done = read_courier(directory, separator, names, err);
    buf_release(&text);
    return done;
}

static bool write_file(int directory, char separator, const struct strlist *names, const char *name,
                       bool subscribed, struct error *err)
{
    struct buf text = BUF(BUF_UNLIMITED);
    bool written;

    buf_put_text(&text, version_2);
    for (size_t i = 0; i < names->count; i++) {
        if (strcmp(names->items[i], name) != 0)
            put_name(&text, names->items[i], separator);
    }
    if (subscribed)
        put_name(&text, name, separator);
    written = !subscribed || text.len <= FILE_MAX; /* never one that cannot be read again */
    if (written)
        written = file_replace(directory, FILE_NAME, 0600, buf_span(&text), err);
    else
        error_set(err, ERROR_PERMANENT, "Too many subscriptions.");
    buf_release(&text);
    return written;
}

bool subscriptions_change(int directory, char separator, const char *name, bool subscribed,
                          struct error *err)
{
    struct strlist names = STRLIST_EMPTY;
    struct dotlock lock = DOTLOCK_NONE;
    bool done = dotlock_take(directory, FILE_NAME, &lock, err) &&
                subscriptions_read(directory, separator, &names, err);

    if (done && strlist_has(&names, name) != subscribed)
        done = write_file(directory, separator, &names, name, subscribed, err);
    dotlock_release(&lock);
    strlist_release(&names);
    return done;
}
