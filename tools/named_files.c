/* Content of named files (tools/named_files.h). */
#include "tools/named_files.h"

#include "lib/base/file.h"
#include "lib/base/strlist.h"

#include <fcntl.h>
#include <limits.h>
#include <openssl/evp.h>

bool named_files_read(struct span names, struct buf *content, struct error *err)
{
    struct strlist files = STRLIST_EMPTY;
    char *list = mem_span(names);
    bool done = true;

    strlist_split(&files, list, ", \t\r\n");
    for (size_t i = 0; done && i < files.count; i++) {
        if (i > 0)
            buf_put_char(content, '\n');
        done = file_read(AT_FDCWD, files.items[i], content, err);
    }
    strlist_release(&files);
    mem_free(list);
    return done;
}

void named_files_encode(struct span content, struct buf *value)
{
    char *to = buf_reserve(value, content.len * 4 / 3 + 8);
    int len = EVP_EncodeBlock((unsigned char *)to, (const unsigned char *)content.data,
                              (int)content.len); /* within NAMED_FILES_MAX */

    buf_commit(value, (size_t)len);
}

bool named_files_decode(struct span value, struct buf *content)
{
    size_t padding = 0;
    char *to;
    int len;

    if (value.len > INT_MAX || value.len % 4 != 0)
        return false;
    while (padding < 2 && padding < value.len && value.data[value.len - 1 - padding] == '=')
        padding++;
    to = buf_reserve(content, value.len + 1);
    len = to == NULL ? -1
                     : EVP_DecodeBlock((unsigned char *)to, (const unsigned char *)value.data,
                                       (int)value.len);
    if (len < (int)padding)
        return false;
    buf_commit(content, (size_t)len - padding);
    return true;
}
