/* Base64 for URLs, without padding: RFC 4648 section 5. */
#ifndef BUZON_AUTH_BASE64URL_H
#define BUZON_AUTH_BASE64URL_H

#include "lib/base/base.h"

/* base64url_decode - false: not that, or more than `size` octets. An empty text is no octets. */
bool base64url_decode(struct span text, unsigned char *octets, size_t size,
                      size_t *len_r) MUST_CHECK;

#endif
