/* Stands in for the system library that Rust takes random bytes from on Windows. Wine before version 9 has none;
   what it has is the older door to the same bytes. Only for trials under such a Wine. */
#include <windows.h>
#include <ntsecapi.h>

__declspec(dllexport) BOOL WINAPI ProcessPrng(BYTE *bytes, SIZE_T count)
{
    return RtlGenRandom(bytes, (ULONG)count);
}
