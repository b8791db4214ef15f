/* A line of a passwd-file, and the stored password in it. */
#include "lib/base/base.h"

#include "auth/passwd_file.h"
#include "lib/sasl/password.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena = arena_create();
    struct passwd_entry entry;
    struct error err = {0};
    const char *user;

    /* What is slow by design has "$" or ",": libraries' hashes, and SCRAM. */
    if (passwd_file_parse_line(arena, span_of(data, size), &user, &entry) &&
        entry.password[0] == '{' && strpbrk(entry.password, "$,") == NULL &&
        password_check(entry.password, user, SPAN_LITERAL("secret"), &err) == PASSWORD_UNUSABLE)
        ASSERT(err.kind == ERROR_PERMANENT);
    arena_free(&arena);
    return 0;
}
