/* Six bits a character; bits that are left over at the end have to be zero. */
#include "lib/base/base.h"

#include "auth/base64url.h"

static int value_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (is_digit(c))
        return c - '0' + 52;
    return c == '-' ? 62 : c == '_' ? 63 : -1;
}

bool base64url_decode(struct span text, unsigned char *octets, size_t size, size_t *len_r)
{
    unsigned bits = 0, have = 0;

    *len_r = 0;
    if (text.len % 4 == 1)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        int value = value_of(text.data[i]);
        if (value < 0)
            return false;
        bits = (bits << 6 | (unsigned)value) & 0xffff;
        have += 6;
        if (have < 8)
            continue;
        have -= 8;
        if (*len_r == size)
            return false;
        octets[(*len_r)++] = (unsigned char)(bits >> have);
    }
    return (bits & ((1U << have) - 1)) == 0;
}
