/* Fields of a user. Extra fields are a table; those that are not in it are for
 * others, and passed over. */
#include "lib/base/base.h"

#include "auth/entry.h"

enum extra_kind { EXTRA_TEXT, EXTRA_FLAG, EXTRA_UNSUPPORTED };

static const struct extra_field {
    const char *name;
    enum extra_kind kind;
    size_t offset; /* of the member */
} extra_fields[] = {
    {"user",              EXTRA_TEXT,        offsetof(struct passwd_entry, user)       },
    {"allow_nets",        EXTRA_TEXT,        offsetof(struct passwd_entry, allow_nets) },
    {"reason",            EXTRA_TEXT,        offsetof(struct passwd_entry, reason)     },
    {"nologin",           EXTRA_FLAG,        offsetof(struct passwd_entry, nologin)    },
    {"nopassword",        EXTRA_FLAG,        offsetof(struct passwd_entry, nopassword) },
    {"userdb_uid",        EXTRA_TEXT,        offsetof(struct passwd_entry, uid)        },
    {"userdb_gid",        EXTRA_TEXT,        offsetof(struct passwd_entry, gid)        },
    {"userdb_home",       EXTRA_TEXT,        offsetof(struct passwd_entry, home)       },
    {"userdb_mail",       EXTRA_TEXT,        offsetof(struct passwd_entry, mail)       },
    {"userdb_quota_rule", EXTRA_TEXT,        offsetof(struct passwd_entry, quota_rule) },
    {"proxy",             EXTRA_UNSUPPORTED, offsetof(struct passwd_entry, unsupported)},
    {"proxy_maybe",       EXTRA_UNSUPPORTED, offsetof(struct passwd_entry, unsupported)},
};

static bool is_off(struct span value)
{
    return span_equal_text_nocase(value, "n") || span_equal_text_nocase(value, "no");
}

static void set_extra(struct arena *arena, const struct extra_field *field, struct span value,
                      struct passwd_entry *entry)
{
    char *member = (char *)entry + field->offset;
    const char *text = field->kind == EXTRA_TEXT ? arena_text(arena, value) : field->name;
    bool on = !is_off(value);

    if (field->kind == EXTRA_FLAG)
        memcpy(member, &on, sizeof(on));
    else if (field->kind == EXTRA_TEXT || on)
        memcpy(member, &text, sizeof(text));
}

static void take_extra(struct arena *arena, struct span extra, struct passwd_entry *entry)
{
    while (extra.len > 0) {
        struct span value = span_take_word(&extra), name = span_take_until(&value, '=');
        for (size_t i = 0; i < ARRAY_LENGTH(extra_fields); i++)
            if (span_equal_text(name, extra_fields[i].name))
                set_extra(arena, &extra_fields[i], value, entry);
    }
}

void passwd_entry_parse(struct arena *arena, struct span fields, struct passwd_entry *entry_r)
{
    struct span parts[6];

    for (size_t i = 0; i < ARRAY_LENGTH(parts); i++)
        parts[i] = span_take_until(&fields, ':');
    *entry_r = (struct passwd_entry){
        .password = arena_text(arena, parts[0]),
        .uid = arena_text(arena, parts[1]),
        .gid = arena_text(arena, parts[2]),
        .home = arena_text(arena, parts[4]),
        .mail = "",
        .quota_rule = "",
        .user = "",
        .allow_nets = "",
        .reason = "",
        .unsupported = "",
    };
    take_extra(arena, fields, entry_r);
}

void passwd_entry_copy(struct arena *arena, struct passwd_entry *entry)
{
    const char **texts[] = {&entry->password, &entry->uid,    &entry->gid,
                            &entry->home,     &entry->mail,   &entry->quota_rule,
                            &entry->user,     &entry->reason, &entry->allow_nets};

    for (size_t i = 0; i < ARRAY_LENGTH(texts); i++)
        *texts[i] = arena_copy(arena, *texts[i]);
}
