/* Postfix's cipher grades in OpenSSL's terms. */
#include "lib/config/tls_ciphers.h"

#include "lib/base/log.h"

static const char *grade_list(const struct config *config, const char *grade)
{
    const struct {
        const char *grade;
        const char *list;
    } grades[] = {
        {"high",   config->tls_high_cipherlist  },
        {"medium", config->tls_medium_cipherlist},
        {"low",    config->tls_low_cipherlist   },
        {"export", config->tls_export_cipherlist},
        {"null",   config->tls_null_cipherlist  },
    };

    for (size_t i = 0; i < ARRAY_LENGTH(grades); i++) {
        if (strcasecmp(grades[i].grade, grade) == 0)
            return grades[i].list;
    }
    log_warning("invalid TLS cipher grade \"%s\": taking \"medium\"", grade);
    return config->tls_medium_cipherlist;
}

const char *config_tls_ciphers(const struct config *config, struct arena *arena, const char *grade,
                               const char *exclude)
{
    const char *list = grade_list(config, grade);
    struct strlist excluded = STRLIST_EMPTY;

    strlist_split(&excluded, exclude, ", \t\r\n");
    for (size_t i = 0; i < excluded.count; i++)
        list = arena_printf(arena, "%s:!%s", list, excluded.items[i]);
    strlist_release(&excluded);
    return list;
}
