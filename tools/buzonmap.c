/*
 * buzonmap: makes, changes, asks and lists look-up tables, as postmap(1) does; it may be called by
 * that name. The source has lines "key whitespace value".
 */
#include "lib/base/base.h"

#include "lib/map/lines.h"
#include "tools/named_files.h"
#include "tools/table_tool.h"

/* -F: the value names files; what they hold, one behind the other, is stored in base64. */
static bool read_files(struct span names, struct buf *value_r, struct error *err)
{
    struct buf content = BUF(NAMED_FILES_MAX);
    struct error why;
    bool done = named_files_read(names, &content, &why);

    if (done)
        named_files_encode(buf_span(&content), value_r);
    else
        error_set(err, why.kind, "%.900s: skipping this entry", why.text);
    buf_release(&content);
    return done;
}

static bool parse(const struct table_tool *tool, struct span line, struct buf *key_r,
                  struct buf *value_r, struct error *err)
{
    struct span key;
    struct span value;

    if (!map_line_split(line, &key, &value, err)) {
        if (strncmp(err->text, "unbalanced", strlen("unbalanced")) == 0)
            error_set(err, ERROR_MALFORMED, "unbalanced '\"' in '%.*s' -- ignoring this line",
                      SPAN_PRINTF(line));
        return false;
    }
    buf_put(key_r, key);
    if (tool->values_are_files && !read_files(value, value_r, err))
        return false;
    if (!tool->values_are_files)
        buf_put(value_r, value);
    if (key.data[key.len - 1] == ':')
        error_set(err, ERROR_MALFORMED,
                  "record is in \"key: value\" format; is this an alias file?");
    return true;
}

int main(int argc, char *argv[])
{
    static const struct table_command command = {
        .reader = "buzonmap",
        .options = "+bc:d:fFhijmnNopq:rsuUvw",
        .usage = "[-bfFhimnNoprsuUvw] [-c config_dir] [-d key] [-q key] [map_type:]file...",
        .separator = "\t",
        .parse = parse,
    };

    return table_tool_main(&command, argc, argv);
}
