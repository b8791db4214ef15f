/* Single addresses: their two forms, and their two parts. */
#include "lib/message/address.h"

#include "lib/message/atom.h"

struct span address_domain(const char *address)
{
    const char *at = strrchr(address, '@');

    return at == NULL ? SPAN_EMPTY : span_text(at + 1);
}

struct span address_localpart(const char *address)
{
    const char *at = strrchr(address, '@');

    return at == NULL ? span_text(address) : span_of(address, (size_t)(at - address));
}

/* Where the domain's @ stands: the last one that is neither quoted nor escaped. */
static size_t find_at(struct span external)
{
    size_t found = external.len;
    bool quoted = false;

    for (size_t i = 0; i < external.len; i++) {
        if (external.data[i] == '\\')
            i++;
        else if (external.data[i] == '"')
            quoted = !quoted;
        else if (external.data[i] == '@' && !quoted)
            found = i;
    }
    return found;
}

const char *address_unquote(struct arena *arena, struct span external)
{
    size_t localpart_len = find_at(external);
    char *internal = arena_alloc(arena, external.len + 1);
    size_t len = 0;

    for (size_t i = 0; i < external.len; i++) {
        if (i < localpart_len) {
            if (external.data[i] == '"')
                continue;
            if (external.data[i] == '\\' && i + 1 < localpart_len)
                i++;
        }
        if (external.data[i] != '\0')
            internal[len++] = external.data[i];
    }
    return internal;
}

/* Dot-string = Atom *("." Atom): RFC 5321 section 4.1.2 */
static bool is_dot_string(struct span localpart)
{
    bool after_atom = false;

    for (size_t i = 0; i < localpart.len; i++) {
        if (is_atom_octet((unsigned char)localpart.data[i]))
            after_atom = true;
        else if (localpart.data[i] == '.' && after_atom)
            after_atom = false;
        else
            return false;
    }
    return after_atom;
}

static char *put_quoted(char *to, struct span localpart)
{
    *to++ = '"';
    for (size_t i = 0; i < localpart.len; i++) {
        if (localpart.data[i] != '\0' && strchr("\"\\\r\n", localpart.data[i]) != NULL)
            *to++ = '\\';
        *to++ = localpart.data[i];
    }
    *to++ = '"';
    return to;
}

const char *address_quote(struct arena *arena, const char *internal)
{
    struct span localpart = address_localpart(internal);
    size_t len = strlen(internal);
    char *external;
    char *to;

    if (len == 0 || is_dot_string(localpart))
        return arena_copy(arena, internal);
    external = arena_alloc(arena, 2 * localpart.len + 2 + (len - localpart.len) + 1);
    to = put_quoted(external, localpart);
    memcpy(to, internal + localpart.len, len - localpart.len + 1);
    return external;
}
