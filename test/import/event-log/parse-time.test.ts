import { describe, expect, it } from 'vitest';
import { isoOf } from '../../../board/core/time.ts';
import { type TimeOptions, timeParser } from '../../../board/import/event-log/parse-time.ts';

async function read(text: string, options: TimeOptions = {}): Promise<string> {
  const time = (await timeParser(options))(text);
  return typeof time === 'string' ? time : `${isoOf(time.micros)}${time.isCanonical ? '' : ' *'}`;
}

describe('ISO 8601', () => {
  it.each([
    ['2012-03-15T10:53:52.000+00:00', '2012-03-15T10:53:52.000000+00:00'],
    ['2012-03-15T10:53:52Z', '2012-03-15T10:53:52.000000+00:00'],
    ['2012-03-15T10:53:52.123456Z', '2012-03-15T10:53:52.123456+00:00'],
    ['2012-03-15T10:53:52.1234567Z', '2012-03-15T10:53:52.123456+00:00 *'],
    ['2012-03-15T10:53:52,5+02:00', '2012-03-15T08:53:52.500000+00:00 *'],
    ['2012-03-15 10:53:52 +0530', '2012-03-15T05:23:52.000000+00:00 *'],
    ['2012-03-15t10:53-08', '2012-03-15T18:53:00.000000+00:00 *'],
    ['  2012-03-15T10:53  ', '2012-03-15T10:53:00.000000+00:00 *'],
    ['2012-03-15', '2012-03-15T00:00:00.000000+00:00 *'],
    ['2012-02-29T24:00:00Z', '2012-03-01T00:00:00.000000+00:00'],
    ['1969-12-31T23:59:59.999999Z', '1969-12-31T23:59:59.999999+00:00'],
    ['2255-06-05T23:47:34.740991Z', '2255-06-05T23:47:34.740991+00:00'],
  ])('%s', async (text, instant) => {
    expect(await read(text)).toBe(instant);
  });

  it.each([
    ['', '"" is no ISO 8601 time'],
    ['15.03.2012', '"15.03.2012" is no ISO 8601 time'],
    ['2012-03-15T10', '"2012-03-15T10" is no ISO 8601 time'],
    ['2012-03-15T10:61', '"2012-03-15T10:61" is no ISO 8601 time'],
    ['2012-03-15T10:00+25:00', '"2012-03-15T10:00+25:00" is no ISO 8601 time'],
    ['2012-02-30T10:00Z', '"2012-02-30T10:00Z": there is no such day'],
    ['2011-02-29', '"2011-02-29": there is no such day'],
    ['2012-13-01T10:00Z', '"2012-13-01T10:00Z" is no ISO 8601 time'],
    ['9999-12-31T00:00:00Z', '"9999-12-31T00:00:00Z" lies outside the years 1685 to 2255'],
  ])('refuses %s', async (text, why) => {
    expect(await read(text)).toBe(why);
  });
});

describe('a zone for what names no offset', () => {
  const BERLIN = { timeZone: 'Europe/Berlin' };

  it.each([
    ['2012-01-15T10:00', '2012-01-15T09:00:00.000000+00:00 *'],
    ['2012-07-15T10:00:00.000001', '2012-07-15T08:00:00.000001+00:00 *'],
    ['2012-07-15T10:00Z', '2012-07-15T10:00:00.000000+00:00'],
    // The day on which summer begins: the hour from 2 to 3 is not there.
    ['2012-03-25T01:59:59', '2012-03-25T00:59:59.000000+00:00 *'],
    ['2012-03-25T02:30', '2012-03-25T01:30:00.000000+00:00 *'],
    ['2012-03-25T03:00', '2012-03-25T01:00:00.000000+00:00 *'],
    // The day on which it ends: the hour from 2 to 3 comes twice, and the first is meant whenever one asks.
    ['2012-10-28T01:59:59', '2012-10-27T23:59:59.000000+00:00 *'],
    ['2012-10-28T02:30', '2012-10-28T00:30:00.000000+00:00 *'],
    ['2012-10-28T03:00', '2012-10-28T02:00:00.000000+00:00 *'],
    ['2012-10-29T03:00', '2012-10-29T02:00:00.000000+00:00 *'],
  ])('%s in Berlin', async (text, instant) => {
    expect(await read(text, BERLIN)).toBe(instant);
  });

  it('may be an offset', async () => {
    expect(await read('2012-01-15T10:00', { timeZone: 'UTC+5:30' })).toBe('2012-01-15T04:30:00.000000+00:00 *');
    expect(await read('2012-01-15T10:00', { timeZone: '+02:00' })).toBe('2012-01-15T08:00:00.000000+00:00 *');
  });

  it.each(['2012-13-01T10:00', '2012-01-01T25:00'])('%s is no time there either', async text => {
    expect(await read(text, BERLIN)).toBe(`"${text}" is no ISO 8601 time`);
  });

  it('must be one', async () => {
    await expect(read('2012-01-15', { timeZone: 'Mars/Crater' })).rejects.toMatchObject({
      code: 'invalid_configuration',
      message: expect.stringContaining('there is no zone Mars/Crater'),
    });
  });
});

describe('a form of its own', () => {
  it.each([
    ['dd.MM.yyyy HH:mm:ss', '05.11.2012 14:03:09', '2012-11-05T14:03:09.000000+00:00 *'],
    ['dd.MM.yyyy HH:mm:ss.u', '05.11.2012 14:03:09.123456', '2012-11-05T14:03:09.123456+00:00 *'],
    ['dd.MM.yyyy HH:mm:ss.SSS', '05.11.2012 14:03:09.123', '2012-11-05T14:03:09.123000+00:00 *'],
    ['M/d/yyyy h:mm a', '11/5/2012 2:03 PM', '2012-11-05T14:03:00.000000+00:00 *'],
    ['d MMM yyyy HH:mm ZZ', '5 Nov 2012 14:03 +02:00', '2012-11-05T12:03:00.000000+00:00 *'],
    ["yyyy-MM-dd'T'HH", '2012-11-05T14', '2012-11-05T14:00:00.000000+00:00 *'],
    ['X', '1352124189.123456', '2012-11-05T14:03:09.123456+00:00 *'],
    ['X', '-1', '1969-12-31T23:59:59.000000+00:00 *'],
    ['x', '1352124189123', '2012-11-05T14:03:09.123000+00:00 *'],
    ['x', '1352124189123.4567', '2012-11-05T14:03:09.123456+00:00 *'],
  ])('%s: %s', async (timeFormat, text, instant) => {
    expect(await read(text, { timeFormat })).toBe(instant);
  });

  it.each([
    ['dd.MM.yyyy', '30.02.2012', '"30.02.2012" does not have the form dd.MM.yyyy'],
    ['dd.MM.yyyy', '2012-11-05', '"2012-11-05" does not have the form dd.MM.yyyy'],
    ['X', '2012-11-05', '"2012-11-05" is no number of seconds since 1970'],
    ['x', 'soon', '"soon" is no number of milliseconds since 1970'],
    ['X', '9999999999999', '"9999999999999" lies outside the years 1685 to 2255'],
  ])('%s refuses %s', async (timeFormat, text, why) => {
    expect(await read(text, { timeFormat })).toBe(why);
  });

  it('goes with a zone, which has its hours twice and not at all here too', async () => {
    const options = { timeFormat: 'dd.MM.yyyy HH:mm', timeZone: 'Europe/Berlin' };
    expect(await read('15.07.2012 10:00', options)).toBe('2012-07-15T08:00:00.000000+00:00 *');
    expect(await read('28.10.2012 02:30', options)).toBe('2012-10-28T00:30:00.000000+00:00 *');
    expect(await read('25.03.2012 02:30', options)).toBe('2012-03-25T01:30:00.000000+00:00 *');
  });

  it.each([
    ['HH:mm', 'it names no year'],
    ['d MMM HH:mm', 'it names no year'],
    ['yyyy-MM-dd HH:mm a', "Can't include meridiem when specifying 24-hour format"],
    ['dd MMM yyyy HH:mm ZZZZZ', 'no time can be read by it'],
  ])('%s is none', async (timeFormat, why) => {
    await expect(read('x', { timeFormat })).rejects.toMatchObject({
      code: 'invalid_configuration',
      message: expect.stringContaining(why),
    });
  });
});
