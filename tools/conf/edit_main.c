/* Changes of main.cf. */
#include "tools/conf/edit.h"

#include "lib/base/log.h"
#include "lib/config/lines.h"

struct change {
    char *name;
    char *value; /* NULL: take the setting away */
    bool seen;   /* there was a setting to change */
};

struct changes {
    struct change *items;
    size_t count;
};

static void changes_release(struct changes *changes)
{
    for (size_t i = 0; i < changes->count; i++) {
        mem_free(changes->items[i].name);
        mem_free(changes->items[i].value);
    }
    mem_free(changes->items);
}

static struct change *find(const struct changes *changes, struct span name)
{
    for (size_t i = 0; i < changes->count; i++) {
        if (span_equal_text(name, changes->items[i].name))
            return &changes->items[i];
    }
    return NULL;
}

/* Of two requests for a name the last one counts. */
static void add(struct changes *changes, enum edit edit, struct span name, struct span value)
{
    struct change *change = find(changes, name);

    if (change == NULL) {
        change = &changes->items[changes->count++];
        *change = (struct change){.name = mem_span(name)};
    } else if (change->value != NULL) {
        log_warning("ignoring earlier request: '%s = %s'", change->name, change->value);
        mem_free(change->value);
    }
    change->value = edit == EDIT_SET ? mem_span(value) : NULL;
}

static bool parse_request(struct changes *changes, enum edit edit, const char *request,
                          struct error *err)
{
    struct span name = span_trim(span_text(request));
    struct span value = SPAN_EMPTY;
    const char *problem = NULL;

    if (!edit_request_check("-e, -X, or -# accepts", request, err))
        return false;
    if (edit == EDIT_SET)
        problem = setting_split(span_text(request), &name, &value);
    if (problem != NULL)
        error_set(err, ERROR_PERMANENT, "%s: \"%s\"", problem, request + strspn(request, " \t"));
    else if (name.len == 0)
        error_set(err, ERROR_PERMANENT, "-X or -# requires non-blank parameter names");
    else
        add(changes, edit, name, value);
    return problem == NULL && name.len > 0;
}

static bool is_continuation(struct span line)
{
    return line.len > 0 && is_space((unsigned char)*line.data);
}

/* The change that concerns the setting which begins on this line, well-formed or not; NULL: none. */
static struct change *find_change(const struct changes *changes, struct span line)
{
    size_t len = 0;

    while (len < line.len && line.data[len] != '=' && !is_space((unsigned char)line.data[len]))
        len++;
    return find(changes, span_first(line, len));
}

static void begin_change(struct change *change, enum edit edit, const char *path, struct span line,
                         struct buf *out)
{
    if (change->seen)
        log_warning("%s/main.cf: multiple entries for \"%s\"", path, change->name);
    change->seen = true;
    if (edit == EDIT_SET)
        buf_put_printf(out, "%s = %s\n", change->name, change->value);
    else if (edit == EDIT_COMMENT_OUT)
        edit_put_line(out, "#", line);
}

/* Comments and blank lines stay, also within a setting that goes. */
static void apply(const struct changes *changes, enum edit edit, const char *path, struct span rest,
                  struct buf *out)
{
    struct change *change = NULL;

    while (rest.len > 0) {
        struct span line = span_take_until(&rest, '\n');

        if (!edit_is_comment(line) && !is_continuation(line)) {
            change = find_change(changes, line);
            if (change != NULL)
                begin_change(change, edit, path, line, out);
        } else if (change != NULL && !edit_is_comment(line) && edit == EDIT_COMMENT_OUT) {
            edit_put_line(out, "#", line);
        }
        if (change == NULL || edit_is_comment(line))
            edit_put_line(out, "", line);
    }
    for (size_t i = 0; i < changes->count; i++) {
        if (edit == EDIT_SET && !changes->items[i].seen)
            buf_put_printf(out, "%s = %s\n", changes->items[i].name, changes->items[i].value);
    }
}

bool edit_main(const char *directory, enum edit edit, const struct strlist *requests,
               struct error *err)
{
    struct changes changes = {.items =
                                  mem_resize(NULL, requests->count + 1, sizeof(*changes.items))};
    struct edited_file file;
    bool done = true;

    for (size_t i = 0; i < requests->count && done; i++)
        done = parse_request(&changes, edit, requests->items[i], err);
    if (done && edited_file_open(&file, directory, "main.cf", err)) {
        apply(&changes, edit, directory, buf_span(&file.old), &file.changed);
        done = edited_file_store(&file, err);
        edited_file_close(&file);
    } else {
        done = false;
    }
    changes_release(&changes);
    return done;
}
