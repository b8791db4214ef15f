/* Annotations of mailboxes and of the account. */
#include "lib/base/base.h"

#include "lib/store/annotations.h"

#include "lib/base/file.h"
#include "lib/store/dotlock.h"
#include "lib/store/driver.h"

#include <fcntl.h>
#include <unistd.h>

#define MAILBOX_FILE "buzon-annotations"
#define ACCOUNT_FILE "buzon-annotations.account"
#define FILE_MAX     (4U * 1024 * 1024)
#define FORMAT       "1\n"

/* --- the file ---------------------------------------------------------------------------------- */

/* entry SP digits LF value LF; the entry may have spaces */
static bool take_annotation(struct span *text, struct annotation *annotation)
{
    struct span rest = *text, line = span_take_until(&rest, '\n');
    size_t space = span_find_last(line, ' ');
    uint64_t size;

    annotation->entry = span_first(line, space);
    if (annotation->entry.len == 0 || annotation->entry.len > ANNOTATION_ENTRY_MAX ||
        !span_to_u64(span_skip(line, space + 1), FILE_MAX, &size) || size >= rest.len ||
        rest.data[size] != '\n')
        return false;
    annotation->value = span_first(rest, (size_t)size);
    *text = span_skip(rest, (size_t)size + 1);
    return true;
}

static size_t count_annotations(struct span text)
{
    struct annotation annotation;
    size_t count = 0;

    while (text.len > 0 && take_annotation(&text, &annotation))
        count++;
    return count;
}

bool annotations_parse(struct arena *arena, struct span text, struct annotations *annotations_r)
{
    *annotations_r = (struct annotations){0};
    if (!span_starts_with(text, FORMAT))
        return false;
    text = span_skip(text, strlen(FORMAT));
    annotations_r->items = arena_array(arena, struct annotation, count_annotations(text) + 1);
    while (text.len > 0) {
        struct annotation *annotation = &annotations_r->items[annotations_r->count];
        if (!take_annotation(&text, annotation))
            return false;
        annotation->entry = span_of(arena_text(arena, annotation->entry), annotation->entry.len);
        annotation->value = span_of(arena_text(arena, annotation->value), annotation->value.len);
        annotations_r->count++;
    }
    return true;
}

const struct annotation *annotations_find(const struct annotations *annotations, struct span entry)
{
    for (size_t i = 0; i < annotations->count; i++) {
        if (span_equal(annotations->items[i].entry, entry))
            return &annotations->items[i];
    }
    return NULL;
}

static bool read_file(int directory, const char *file, struct arena *arena,
                      struct annotations *annotations_r, struct error *err)
{
    struct buf text = BUF(FILE_MAX);
    bool done = file_read(directory, file, &text, err);

    *annotations_r = (struct annotations){0};
    if (!done && err->number == ENOENT) {
        error_clear(err);
        done = true;
    } else if (done && !annotations_parse(arena, buf_span(&text), annotations_r)) {
        error_set(err, ERROR_TEMPORARY, "%s is damaged", file);
        done = false;
    }
    buf_release(&text);
    return done;
}

static void put_annotation(struct buf *text, const struct annotation *annotation)
{
    buf_put(text, annotation->entry);
    buf_put_printf(text, " %zu\n", annotation->value.len);
    buf_put(text, annotation->value);
    buf_put_char(text, '\n');
}

/* Is it replaced by one of the changes? */
static bool is_changed(const struct annotation *annotation, const struct annotation *changes,
                       size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (span_equal(annotation->entry, changes[i].entry))
            return true;
    }
    return false;
}

/* What stays, then what is new; of several changes to one entry the last counts. */
static size_t put_changed(struct buf *text, const struct annotations *old,
                          const struct annotation *changes, size_t count)
{
    size_t put = 0;

    buf_put_text(text, FORMAT);
    for (size_t i = 0; i < old->count; i++) {
        if (is_changed(&old->items[i], changes, count))
            continue;
        put_annotation(text, &old->items[i]);
        put++;
    }
    for (size_t i = 0; i < count; i++) {
        if (changes[i].value.data == NULL ||
            is_changed(&changes[i], changes + i + 1, count - i - 1))
            continue;
        put_annotation(text, &changes[i]);
        put++;
    }
    return put;
}

static bool refuse(struct error *err, int number, const char *text)
{
    error_set(err, ERROR_PERMANENT, "%s", text);
    err->number = number;
    return false;
}

static bool remove_file(int directory, const char *file, struct error *err)
{
    if (unlinkat(directory, file, 0) == 0)
        return file_sync_directory(directory, ".", err);
    if (errno == ENOENT)
        return true;
    error_errno(err, "remove %s", file);
    return false;
}

/* What only takes away is never refused. */
static bool write_file(int directory, const char *file, struct arena *arena,
                       const struct annotation *changes, size_t count,
                       const struct annotation_limits *limits, struct error *err)
{
    struct buf text = BUF(BUF_UNLIMITED);
    struct annotations old;
    size_t kept;
    bool done = read_file(directory, file, arena, &old, err);

    if (done) {
        kept = put_changed(&text, &old, changes, count);
        if (kept > old.count && kept > limits->count)
            done = refuse(err, EMFILE, "Too many annotations.");
        else if (kept >= old.count && text.len > limits->size)
            done = refuse(err, EFBIG, "Annotations take too much space.");
        else if (kept == 0)
            done = remove_file(directory, file, err);
        else
            done = file_replace(directory, file, 0600, buf_span(&text), err);
    }
    buf_release(&text);
    return done;
}

static bool change_file(int directory, const char *file, const struct annotation *changes,
                        size_t count, const struct annotation_limits *limits, struct error *err)
{
    struct arena *arena = arena_create();
    struct dotlock lock = DOTLOCK_NONE;
    bool done = dotlock_take(directory, file, &lock, err) &&
                write_file(directory, file, arena, changes, count, limits, err);

    dotlock_release(&lock);
    arena_free(&arena);
    return done;
}

/* --- of whom ------------------------------------------------------------------------------------- */

bool store_annotations(struct store *store, const char *mailbox, struct arena *arena,
                       struct annotations *annotations_r, struct error *err)
{
    struct mailbox *attached;
    bool done;

    if (mailbox == NULL)
        return read_file(store->root, ACCOUNT_FILE, arena, annotations_r, err);
    attached = mailbox_attach(store, mailbox, true, err);
    if (attached == NULL)
        return false;
    done = read_file(attached->driver->keywords_directory(attached), MAILBOX_FILE, arena,
                     annotations_r, err);
    mailbox_close(&attached);
    return done;
}

bool store_annotate(struct store *store, const char *mailbox, const struct annotation *changes,
                    size_t count, const struct annotation_limits *limits, struct error *err)
{
    struct mailbox *attached;
    bool done;

    if (mailbox == NULL)
        return change_file(store->root, ACCOUNT_FILE, changes, count, limits, err);
    attached = mailbox_attach(store, mailbox, true, err);
    if (attached == NULL)
        return false;
    done = change_file(attached->driver->keywords_directory(attached), MAILBOX_FILE, changes, count,
                       limits, err);
    mailbox_close(&attached);
    return done;
}

int store_annotations_directory(struct store *store, const char *mailbox, struct error *err)
{
    struct mailbox *attached = NULL;
    int directory = store->root, fd;

    if (mailbox != NULL) {
        attached = mailbox_attach(store, mailbox, true, err);
        if (attached == NULL)
            return -1;
        directory = attached->driver->keywords_directory(attached);
    }
    fd = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        error_errno(err, "open the directory of a mailbox");
        err->kind = ERROR_TEMPORARY;
    }
    mailbox_close(&attached);
    return fd;
}

bool store_is_annotations_file(const char *name)
{
    return strcmp(name, MAILBOX_FILE) == 0 || strcmp(name, ACCOUNT_FILE) == 0;
}
