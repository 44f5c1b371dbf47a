/** A printed number without what people leave out: dashes, spaces, and the zeros before a group of digits. */
export const bareNumber = (text: string): string =>
  text
    .normalize("NFC")
    .replaceAll(/[-\s]/g, "")
    .replaceAll(/(?<!\d)0+(?=\d)/g, "")
    .toLowerCase();
