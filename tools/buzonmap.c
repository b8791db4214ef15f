/*
 * buzonmap: makes, changes, asks and lists look-up tables, as postmap(1) does; it may be called by
 * that name. The source has lines "key whitespace value".
 */
#include "lib/base/base.h"

#include "lib/base/file.h"
#include "lib/map/lines.h"
#include "tools/table_tool.h"

#include <fcntl.h>
#include <openssl/evp.h>

#define FILES_MAX (16U * 1024 * 1024) /* octets of what an entry's files hold together */

/* -F: the value names files; what they hold, one behind the other, is stored in base64. */
static bool read_files(struct span names, struct buf *value_r, struct error *err)
{
    struct strlist files = STRLIST_EMPTY;
    struct buf content = BUF(FILES_MAX);
    char *list = mem_span(names);
    bool done = true;

    strlist_split(&files, list, ", \t\r\n");
    for (size_t i = 0; done && i < files.count; i++) {
        if (i > 0)
            buf_put_char(&content, '\n');
        done = file_read(AT_FDCWD, files.items[i], &content, err);
    }
    if (done) {
        char *to = buf_reserve(value_r, content.len * 4 / 3 + 8);
        int len = EVP_EncodeBlock((unsigned char *)to, (const unsigned char *)content.data,
                                  (int)content.len);

        buf_commit(value_r, (size_t)len);
    }
    buf_release(&content);
    strlist_release(&files);
    mem_free(list);
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
        .options = "bc:d:fFhimnNopq:rsuUvw",
        .usage = "[-bfFhimnNoprsuUvw] [-c config_dir] [-d key] [-q key] [map_type:]file...",
        .separator = "\t",
        .parse = parse,
    };

    return table_tool_main(&command, argc, argv);
}
