/* Access tokens, what a provider answers, and files of keys: the first octet says which. */
#include "lib/base/base.h"

#include "auth/introspect.h"
#include "auth/jwt.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char keys[] = "{\"keys\":[{\"kty\":\"oct\",\"k\":\"c2VjcmV0\"},"
                           "{\"kty\":\"EC\",\"crv\":\"P-256\","
                           "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
                           "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}]}";

static void try_token(struct span token)
{
    static struct jwks jwks;
    struct error err = {0};

    if (jwks.count == 0)
        ASSERT(jwks_parse(span_text(keys), &jwks, &err));
    if (jwt_looks_like(token))
        json_decref(jwt_verify(token, &jwks, 1700000000, &err));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct span rest = span_skip(span_of(data, size), 1);
    struct error err = {0};
    struct jwks jwks;

    switch (size == 0 ? 0 : data[0] % 3) {
    case 0:
        try_token(rest);
        break;
    case 1:
        json_decref(introspect_parse(rest, &err));
        break;
    default:
        if (jwks_parse(rest, &jwks, &err))
            jwks_release(&jwks);
        break;
    }
    return 0;
}
