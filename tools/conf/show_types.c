/* buzonconf on what this build can do. */
#include "tools/conf/show.h"

#include "lib/base/log.h"
#include "lib/map/map.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/opensslv.h>
#include <stdlib.h>

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

void show_table_types(struct buf *out)
{
    struct strlist names = STRLIST_EMPTY;
    const char *name;

    for (size_t i = 0; (name = map_type_name(i)) != NULL; i++)
        strlist_add(&names, name);
    qsort(names.items, names.count, sizeof(*names.items), compare_names);
    for (size_t i = 0; i < names.count; i++)
        buf_put_printf(out, "%s\n", names.items[i]);
    strlist_release(&names);
}

void show_lock_types(struct buf *out)
{
    buf_put_text(out, "flock\nfcntl\ndotlock\n");
}

/* Types of keys in certificates, by Postfix's names. */
static void list_key_types(struct buf *out)
{
    static const struct {
        const char *name;
        const char *openssl;
    } types[] = {
        {"dsa",   "DSA"},
        {"ecdsa", "EC" },
        {"rsa",   "RSA"},
    };

    for (size_t i = 0; i < ARRAY_LENGTH(types); i++) {
        EVP_KEYMGMT *type = EVP_KEYMGMT_fetch(NULL, types[i].openssl, NULL);

        if (type != NULL)
            buf_put_printf(out, "%s\n", types[i].name);
        EVP_KEYMGMT_free(type);
    }
}

bool show_tls(const char *program, const char *question, struct buf *out)
{
    if (strcmp(question, "compile-version") == 0) {
        buf_put_printf(out, "%s\n", OPENSSL_VERSION_TEXT);
    } else if (strcmp(question, "run-version") == 0) {
        buf_put_printf(out, "%s\n", OpenSSL_version(OPENSSL_VERSION));
    } else if (strcmp(question, "public-key-algorithms") == 0) {
        list_key_types(out);
    } else {
        log_warning("unknown '%s -T' mode: %s", program, question);
        return false;
    }
    return true;
}
