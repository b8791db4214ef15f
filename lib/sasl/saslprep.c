/* The tables of RFC 3454 and Unicode 3.2 are libidn's. */
#include "lib/base/base.h"

#include "lib/sasl/saslprep.h"

#include <openssl/crypto.h>
#include <stdlib.h>
#include <stringprep.h>
#include <unistr.h>

static bool is_ascii(struct span text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.data[i] >= 0x80)
            return false;
    return true;
}

struct span saslprep(struct arena *arena, struct span text)
{
    struct span prepared = SPAN_EMPTY;
    char *copy, *out = NULL;

    if (is_ascii(text))
        return text;
    if (text.len > SASLPREP_MAX || memchr(text.data, '\0', text.len) != NULL ||
        u8_check((const uint8_t *)text.data, text.len) != NULL)
        return prepared;
    copy = mem_span(text);
    if (stringprep_profile(copy, &out, "SASLprep", 0) == STRINGPREP_OK && out[0] != '\0')
        prepared = span_of(arena_copy(arena, out), strlen(out));
    if (out != NULL)
        OPENSSL_cleanse(out, strlen(out));
    free(out); /* it is malloc's, not ours */
    OPENSSL_cleanse(copy, text.len);
    mem_free(copy);
    return prepared;
}
