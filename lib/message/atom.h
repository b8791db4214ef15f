/* What the parsers of addresses share. */
#ifndef BUZON_LIB_MESSAGE_ATOM_H
#define BUZON_LIB_MESSAGE_ATOM_H

#include "lib/base/base.h"

/* is_atom_octet - atext of RFC 5322 section 3.2.3, and what RFC 6531 adds: all over 127 */
static inline bool is_atom_octet(unsigned char octet)
{
    switch (octet) {
    case '(':
    case ')':
    case '<':
    case '>':
    case '@':
    case ',':
    case ';':
    case ':':
    case '\\':
    case '"':
    case '.':
    case '[':
    case ']':
    case 0x7f:
        return false;
    default:
        return octet > ' ';
    }
}

#endif
