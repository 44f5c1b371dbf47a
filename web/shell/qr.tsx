import { useMemo } from "preact/hooks";
import { encodeQR } from "qr";

/** Modules around a code that stay empty, for readers to find it (ISO/IEC 18004). */
const QUIET = 4;

/** The dark modules of a code as one path, a rectangle for each run. */
function pathOf(modules: readonly (readonly boolean[])[]): string {
  let path = "";
  modules.forEach((row, y) => {
    for (let x = 0; x < row.length; x++) {
      if (!row[x]) continue;
      const from = x;
      while (row[x + 1]) x++;
      path += `M${from} ${y}h${x - from + 1}v1h-${x - from + 1}z`;
    }
  });
  return path;
}

/**
 * A QR code, black on white in every theme, as wide as its place.
 * @param text in capitals it is smaller, where it may be (bech32, BOLT 11)
 * @param label for those who do not see it
 */
export function Qr({ text, label }: { readonly text: string; readonly label: string }) {
  const { path, size } = useMemo(() => {
    const modules = encodeQR(text, "raw", { ecc: "low", border: QUIET });
    return { path: pathOf(modules), size: modules.length };
  }, [text]);
  return (
    <svg class="qr" role="img" aria-label={label} viewBox={`0 0 ${size} ${size}`}>
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}
