/*
 * buzonmap: makes, changes, asks and lists look-up tables, as postmap(1) does; it may be called by
 * that name. The source has lines "key whitespace value".
 */
#include "lib/base/base.h"

#include "lib/map/table_source.h"
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

static bool parse(const void *context, struct span line, struct buf *key_r, struct buf *value_r,
                  struct error *err)
{
    const struct table_tool *tool = context;
    struct buf names = BUF(MAP_LINE_MAX);
    struct error why = {.kind = ERROR_NONE};
    bool done;

    if (!tool->values_are_files)
        return table_parse_map(NULL, line, key_r, value_r, err);
    done = table_parse_map(NULL, line, key_r, &names, &why) &&
           read_files(buf_span(&names), value_r, err);
    if (why.kind != ERROR_NONE && err->kind == ERROR_NONE)
        *err = why;
    buf_release(&names);
    return done;
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
