/* A name goes through realm, format and check in this order; whatever comes out is safe in a path. */
#include "lib/base/base.h"

#include "auth/username.h"

#include "lib/base/variables.h"
#include "lib/sasl/saslprep.h"

#define USER_MAX  256
#define VALUE_MAX 4096

static bool get(void *context, struct span name, struct buf *value)
{
    const struct username_variables *variables = context;
    struct span domain = span_text(variables->user), local = span_take_until(&domain, '@');

    if (span_equal_text(name, "u") || span_equal_text(name, "user"))
        return buf_append_text(value, variables->user);
    if (span_equal_text(name, "n") || span_equal_text(name, "username"))
        return buf_append_span(value, local);
    if (span_equal_text(name, "d") || span_equal_text(name, "domain"))
        return buf_append_span(value, domain);
    if (span_equal_text(name, "s") || span_equal_text(name, "service") ||
        span_equal_text(name, "protocol"))
        return buf_append_text(value, variables->protocol);
    if (span_equal_text(name, "r") || span_equal_text(name, "remote_ip")) {
        if (variables->names_remote != NULL)
            *variables->names_remote = true;
        return buf_append_text(value, variables->remote);
    }
    if (span_equal_text(name, "h") || span_equal_text(name, "home"))
        return variables->home != NULL && buf_append_text(value, variables->home);
    return false;
}

const char *username_expand(const char *format, const struct username_variables *variables,
                            struct arena *arena, struct error *err)
{
    struct username_variables copy = *variables;
    struct buf out = BUF(VALUE_MAX);
    const char *expanded = NULL;

    if (variables_expand(format, get, &copy, &out, err))
        expanded = arena_copy(arena, buf_text(&out));
    buf_release(&out);
    return expanded;
}

/* Never a "/" or a control character, nor a name that is a directory's own; auth_username_chars may say more. */
static bool is_acceptable(const struct config *config, const char *name)
{
    const char *allowed = config->auth_username_chars;
    const size_t len = strlen(name);

    if (len == 0 || len > USER_MAX || name[0] == '.' || name[0] == '@')
        return false;
    for (size_t i = 0; i < len; i++)
        if ((unsigned char)name[i] < ' ' || name[i] == 127 || name[i] == '/' || name[i] == ':' ||
            (allowed[0] != '\0' && strchr(allowed, name[i]) == NULL))
            return false;
    return strstr(name, "@.") == NULL;
}

/* "lower" is what it was before there were variables. */
static const char *format_of(const struct config *config)
{
    const char *format = config->auth_username_format;

    return strcmp(format, "lower") == 0 ? "%Lu" : format;
}

const char *username_normalise(const struct config *config, struct arena *arena, const char *user)
{
    const char *name = user, *format = format_of(config);
    const struct span prepared = saslprep(arena, span_text(user));

    if (prepared.data != NULL)
        name = arena_text(arena, prepared);
    if (!is_acceptable(config, name))
        return NULL;
    if (config->auth_default_realm[0] != '\0' && strchr(name, '@') == NULL)
        name = arena_printf(arena, "%s@%s", name, config->auth_default_realm);
    if (format[0] != '\0')
        name = username_expand(
            format, &(struct username_variables){.user = name, .protocol = "", .remote = ""}, arena,
            NULL);
    return name != NULL && is_acceptable(config, name) ? arena_copy(arena, name) : NULL;
}

bool username_split_master(const struct config *config, struct arena *arena, const char *name,
                           const char **user_r, const char **master_r)
{
    const char separator = config->auth_master_user_separator[0];
    const char *at = separator == '\0' ? NULL : strchr(name, separator);

    if (at == NULL)
        return false;
    *user_r = arena_text(arena, span_of(name, (size_t)(at - name)));
    *master_r = arena_copy(arena, at + 1);
    return true;
}

/* --- settings --------------------------------------------------------------------------------------------- */

static bool is_good_template(const char *parameter, const char *format, struct arena *arena,
                             struct error *err)
{
    const struct username_variables example = {
        .user = "user@example", .protocol = "imap", .remote = "192.0.2.1", .home = "/home"};

    if (username_expand(format, &example, arena, err) != NULL)
        return true;
    error_prefix(err, "%s", parameter);
    return false;
}

bool username_check_settings(const struct config *config, struct error *err)
{
    struct arena *arena = arena_create();
    bool good =
        is_good_template("auth_username_format", format_of(config), arena, err) &&
        is_good_template("auth_mailbox_home", config->auth_mailbox_home, arena, err) &&
        is_good_template("auth_mailbox_location", config->auth_mailbox_location, arena, err);

    if (good && strlen(config->auth_master_user_separator) > 1) {
        error_set(err, ERROR_PERMANENT, "auth_master_user_separator: one character, not \"%s\"",
                  config->auth_master_user_separator);
        good = false;
    }
    arena_free(&arena);
    return good;
}
